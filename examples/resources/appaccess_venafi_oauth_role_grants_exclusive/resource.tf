resource "appaccess_venafi_oauth_role_grants_exclusive" "owners" {
  role           = "application_owner"
  application_id = "MyIntegration"

  # These are the only ones: whoever else holds the role loses it.
  grantees = {
    "ops team" = "AD+corp:7f93d2908020204a959910ea5a5704ff"
  }

  # Without it a create that finds grantees to revoke fails.
  max_revocations = 3
}
