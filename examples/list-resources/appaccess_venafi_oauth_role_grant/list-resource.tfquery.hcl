# Every role on one application.
list "appaccess_venafi_oauth_role_grant" "integration" {
  provider         = appaccess
  include_resource = true

  config {
    application_id = "MyIntegration"
  }
}
