"""The keys of serverless.yml: what is served here, and what matters to deployment alone and is passed over.

A key in neither set is a warning with the nearest known one. Source: Serverless Framework, configuration schema.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TOP_LEVEL_SERVED = _words(
    "service provider functions resources custom params stages useDotenv layers plugins frameworkVersion"
)
TOP_LEVEL_DEPLOYMENT = _words(
    """app org projectDir configValidationMode deprecationNotificationMode disabledDeprecations package build
    variablesResolutionMode unresolvedVariablesNotificationMode outputs dashboard console licenseKey tenant"""
)

PROVIDER_SERVED = _words(
    "name runtime stage region environment timeout memorySize httpApi apiGateway layers stackName logs apiKeys"
)
PROVIDER_DEPLOYMENT = _words(
    """iam iamRoleStatements iamManagedPolicies role rolePermissionsBoundary tracing logRetentionInDays
    logDataProtectionPolicy vpc tags stackTags stackParameters stackPolicy deploymentBucket deploymentMethod
    deploymentPrefix versionFunctions architecture kmsKeyArn ecr endpointType profile eventBridge alb
    websocketsApiName websocketsApiRouteSelectionExpression websocketsDescription rollbackConfiguration
    notificationArns cfnRole apiName usagePlan resourcePolicy lambdaHashingVersion versionFunction
    disableRollback vpcEndpointIds s3 snapStart runtimeManagement websocket cloudFront disableDefaultOutputExportNames
    ephemeralStorageSize"""
)
#: Would change how the project's own text is read.
PROVIDER_UNSUPPORTED = {"variableSyntax": "write variables as ${source:address}"}

HTTP_API_SERVED = _words("payload cors authorizers timeout")
HTTP_API_DEPLOYMENT = _words("id name disableDefaultEndpoint metrics shouldStartNameWithService useProviderTags")
API_GATEWAY_SERVED = _words("binaryMediaTypes apiKeys")
API_GATEWAY_DEPLOYMENT = _words(
    """restApiId restApiRootResourceId restApiResources apiKeySourceType usagePlan minimumCompressionSize
    request resourcePolicy shouldStartNameWithService metrics stage websocketApiId description disableDefaultEndpoint
    endpoint name"""
)

FUNCTION_SERVED = _words(
    """handler events environment name timeout memorySize runtime layers module httpApi condition description image
    destinations onError maximumRetryAttempts maximumEventAge reservedConcurrency url logs"""
)
FUNCTION_DEPLOYMENT = _words(
    """role vpc tags dependsOn disableLogs snapStart fileSystemConfig ephemeralStorageSize package architecture
    versionFunction versionFunctions provisionedConcurrency tracing kmsKeyArn awsKmsKeyArn logRetentionInDays
    iamRoleStatements iamRoleStatementsName iamRoleStatementsInherit iamPermissionsBoundary warmup prune
    runtimeManagement layer logDataProtectionPolicy buildArgs dockerizePip shouldInheritStatements"""
)
#: Known keys without an effect here, each with what to know about it.
FUNCTION_NOT_SERVED = {
    "concurrency": "the number of workers is bounded for all functions together here",
}

HTTP_EVENT_KEYS = _words(
    """path method cors private authorizer request response integration async timeoutInMillis operationId
    documentation connectionType connectionId cacheKeyParameters"""
)
HTTP_API_EVENT_KEYS = _words("path method authorizer")
STREAM_EVENT_KEYS = {
    "batchSize": "BatchSize",
    "startingPosition": "StartingPosition",
    "enabled": "Enabled",
    "batchWindow": "MaximumBatchingWindowInSeconds",
    "maximumRetryAttempts": "MaximumRetryAttempts",
    "maximumRecordAgeInSeconds": "MaximumRecordAgeInSeconds",
    "bisectBatchOnFunctionError": "BisectBatchOnFunctionError",
    "parallelizationFactor": "ParallelizationFactor",
    "functionResponseType": "FunctionResponseTypes",
    "tumblingWindowInSeconds": "TumblingWindowInSeconds",
    "filterPatterns": "FilterCriteria",
    "destinations": "DestinationConfig",
}
QUEUE_EVENT_KEYS = {
    "batchSize": "BatchSize",
    "maximumBatchingWindow": "MaximumBatchingWindowInSeconds",
    "enabled": "Enabled",
    "functionResponseType": "FunctionResponseTypes",
    "filterPatterns": "FilterCriteria",
    "maximumConcurrency": "ScalingConfig",
}
#: Spellings that look right and that the Serverless Framework ignores.
STREAM_EVENT_MISSPELT = {
    "functionResponseTypes": "functionResponseType",
    "maximumBatchingWindowInSeconds": "batchWindow",
    "maximumBatchingWindow": "batchWindow",
    "filterCriteria": "filterPatterns",
    "filters": "filterPatterns",
}

EVENTS_NOT_SERVED = _words(
    """sns s3 eventBridge websocket alb cognitoUserPool cloudwatchEvent cloudwatchLog iot
    iotFleetProvisioning alexaSkill alexaSmartHome kafka msk activemq rabbitmq cloudFront kinesis documentDb"""
)
EVENTS_SERVED = ("http", "httpApi", "schedule", "sqs", "stream")

PELTON_KEYS = _words("companions site failures environment values")

#: Plugins that only concern packaging, deployment or other local runners.
PLUGINS_PASSED_OVER = _words(
    """serverless-python-requirements serverless-offline serverless-dynamodb serverless-dynamodb-local
    serverless-iam-roles-per-function serverless-prune-plugin serverless-domain-manager serverless-plugin-warmup
    serverless-plugin-split-stacks serverless-plugin-tracing serverless-plugin-log-retention serverless-webpack
    serverless-esbuild serverless-bundle serverless-export-env serverless-stage-manager serverless-deployment-bucket
    serverless-associate-waf serverless-dotenv-plugin serverless-pseudo-parameters serverless-plugin-typescript
    serverless-better-credentials serverless-plugin-resource-tagging serverless-add-api-key
    serverless-localstack serverless-finch serverless-s3-sync serverless-plugin-canary-deployments"""
)
#: Plugins that change what would run.
PLUGINS_NOT_SERVED = {
    "serverless-wsgi": "the handler it generates is missing; write a handler of your own",
    "serverless-lift": "what stands under constructs does not exist here",
    "serverless-step-functions": "its state machines do not run here",
    "serverless-apigateway-service-proxy": "the routes it adds are not served",
    "serverless-appsync-plugin": "its API is not served",
    "serverless-plugin-additional-stacks": "the stacks it adds are not read",
    "serverless-plugin-aws-alias": "aliases do not exist here",
}

#: Types of resources (or their beginnings) that matter to deployment alone.
RESOURCES_DEPLOYMENT = (
    *("AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::EC2::", "AWS::KMS::", "AWS::WAF", "AWS::Route53"),
    *("AWS::CertificateManager::", "AWS::ApiGateway::", "AWS::ApiGatewayV2::", "AWS::Lambda::Permission"),
    *("AWS::Lambda::LayerVersion", "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::CDK::", "AWS::CloudFront::"),
    *("AWS::ApplicationAutoScaling::", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"),
    *("AWS::Budgets::", "AWS::XRay::", "AWS::Lambda::EventInvokeConfig", "AWS::CloudFormation::WaitCondition"),
)
