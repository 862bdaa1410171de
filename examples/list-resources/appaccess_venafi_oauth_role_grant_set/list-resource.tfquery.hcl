# One set for each role that somebody holds on one application.
list "appaccess_venafi_oauth_role_grant_set" "integration" {
  provider         = appaccess
  include_resource = true

  config {
    application_id = "MyIntegration"
  }
}
