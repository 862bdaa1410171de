import {
  to = appaccess_venafi_oauth_access_set.builds
  identity = {
    application_id = "MyIntegration"
  }
}
