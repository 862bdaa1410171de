list "appaccess_venafi_oauth_role_grants_exclusive" "all" {
  provider         = appaccess
  include_resource = true
}
