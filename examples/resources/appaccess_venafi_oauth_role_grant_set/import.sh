# The role and, for an application role, the application. The IDs serve as labels.
terraform import appaccess_venafi_oauth_role_grant_set.maintainers application_maintainer/MyIntegration
