# One set for each role and application.
list "appaccess_venafi_oauth_role_grant_set" "maintainers" {
  provider         = appaccess
  include_resource = true

  config {
    role = "application_maintainer"
  }
}
