# All API integrations that the caller may see.
list "appaccess_venafi_oauth_application" "all" {
  provider         = appaccess
  include_resource = true
}
