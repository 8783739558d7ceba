"""Reading serverless.yml, SAM and CloudFormation projects."""
