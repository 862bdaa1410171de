resource "appaccess_venafi_oauth_application" "ci" {
  application_id = "ci-pipeline" # the client ID
  name           = "CI pipeline"
  vendor         = "Example Corp"
  description    = "Issues certificates for builds"
  url            = "https://ci.example.com"

  scope         = "certificate:discover"
  maximum_scope = "certificate:discover,manage"

  access_validity   = "2160h"
  grant_validity    = "8760h"
  unused_expiration = "720h"
  renewable         = true
}
