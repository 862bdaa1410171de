# One set for each application that somebody may use.
list "appaccess_venafi_oauth_access_set" "all" {
  provider         = appaccess
  include_resource = true
}
