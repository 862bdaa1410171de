import {
  to = appaccess_venafi_oauth_application.ci
  id = "ci-pipeline"
}
