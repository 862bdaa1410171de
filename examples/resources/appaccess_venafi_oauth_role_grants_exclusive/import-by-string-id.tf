import {
  to = appaccess_venafi_oauth_role_grants_exclusive.owners
  id = "application_owner/MyIntegration"
}
