# The client ID.
terraform import appaccess_venafi_oauth_application.ci ci-pipeline
