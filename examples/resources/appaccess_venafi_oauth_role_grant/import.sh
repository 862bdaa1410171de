# A role on an application: role/application_id/grantee
terraform import appaccess_venafi_oauth_role_grant.maintainer 'application_maintainer/MyIntegration/AD+corp:7f93d2908020204a959910ea5a5704ff'

# A role on the whole installation: role/grantee
terraform import appaccess_venafi_oauth_role_grant.auditor 'auditor/local:{5be5a591-c842-4520-9142-b455f4ad2286}'
