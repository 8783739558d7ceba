"""Amazon's own service models, compiled when Pelton is built, and the validation that follows from them.

``compile`` reads the models of the installed botocore, applies ``overlay`` (what the service does and the model does
not say) and writes one JSON file per service. The running server reads those files and never imports botocore.
"""
