data "appaccess_venafi_identity" "carol" {
  name = "AD+corp:carol"
}

resource "appaccess_venafi_oauth_role_grant" "maintainer" {
  grantee        = data.appaccess_venafi_identity.carol.prefixed_universal
  role           = "application_maintainer"
  application_id = "MyIntegration"
}

# A role on the whole installation takes no application_id.
resource "appaccess_venafi_oauth_role_grant" "auditor" {
  grantee = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
  role    = "auditor"
}
