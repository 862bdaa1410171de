# Who may use one application.
list "appaccess_venafi_oauth_access_exclusive" "signing" {
  provider         = appaccess
  include_resource = true

  config {
    application_id = "CodeSigning"
  }
}
