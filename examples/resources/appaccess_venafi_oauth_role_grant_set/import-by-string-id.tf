import {
  to = appaccess_venafi_oauth_role_grant_set.maintainers
  id = "application_maintainer/MyIntegration"
}
