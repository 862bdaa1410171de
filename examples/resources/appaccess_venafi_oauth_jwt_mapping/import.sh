# The name of the mapping.
terraform import appaccess_venafi_oauth_jwt_mapping.gitlab gitlab
