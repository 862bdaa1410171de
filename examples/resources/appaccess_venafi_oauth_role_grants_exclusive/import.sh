# The role and, for an application role, the application. The IDs serve as labels, and the first plan shows who will be revoked.
terraform import appaccess_venafi_oauth_role_grants_exclusive.owners application_owner/MyIntegration
