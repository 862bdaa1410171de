import {
  to = appaccess_venafi_oauth_role_grant_set.maintainers
  identity = {
    role           = "application_maintainer"
    application_id = "MyIntegration"
  }
}
