resource "appaccess_venafi_oauth_role_grants_exclusive" "owners" {
  role           = "application_owner"
  application_id = "MyIntegration"

  # These are the only ones: whoever else holds the role loses it. A create fails over grantees that are
  # not listed; its error has the import block that shows them in a plan.
  grantees = {
    "ops team"    = "AD+corp:7f93d2908020204a959910ea5a5704ff"
    "break glass" = "local:{5371f67c-c194-49e2-9c1a-e25c8b0e2e32}"
  }

  # A plan that would revoke more than this fails.
  max_revocations = 3
}
