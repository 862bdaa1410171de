import {
  to = appaccess_venafi_oauth_role_grants_exclusive.owners
  identity = {
    role           = "application_owner"
    application_id = "MyIntegration"
  }
}
