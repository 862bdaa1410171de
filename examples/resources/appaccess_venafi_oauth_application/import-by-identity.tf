import {
  to = appaccess_venafi_oauth_application.ci
  identity = {
    application_id = "ci-pipeline"
  }
}
