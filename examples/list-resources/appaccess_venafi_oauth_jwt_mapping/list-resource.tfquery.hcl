# The JWT mappings of one issuer.
list "appaccess_venafi_oauth_jwt_mapping" "gitlab" {
  provider         = appaccess
  include_resource = true

  config {
    issuer_uri = "https://builds.example.com"
  }
}
