resource "appaccess_venafi_oauth_role_grants_exclusive" "owners" {
  role           = "application_owner"
  application_id = "MyIntegration"

  # These are the only ones: whoever else holds the role loses it.
  grantees = {
    "ops team" = "AD+corp:4d1c7a1c9c2b4f6f8f9d7f2e1a3b5c77"
  }

  # Without it a create that finds grantees to revoke fails.
  max_revocations = 3
}
