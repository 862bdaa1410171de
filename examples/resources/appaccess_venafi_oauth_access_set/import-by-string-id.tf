import {
  to = appaccess_venafi_oauth_access_set.builds
  id = "MyIntegration"
}
