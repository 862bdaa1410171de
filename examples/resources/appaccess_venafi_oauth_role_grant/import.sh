# A role on an application: role/application_id/grantee
terraform import appaccess_venafi_oauth_role_grant.maintainer 'application_maintainer/MyIntegration/AD+corp:1932309a28daf34db5c942630c3a2cc4'

# A role on the whole installation: role/grantee
terraform import appaccess_venafi_oauth_role_grant.auditor 'auditor/local:{5be5a591-c842-4520-9142-b455f4ad2286}'
