resource "appaccess_venafi_oauth_role_grants_exclusive" "owners" {
  role           = "application_owner"
  application_id = "MyIntegration"

  # These are the only ones: whoever else holds the role loses it. A create fails over grantees that are
  # not listed; its error has the import block that shows them in a plan.
  grantees = {
    "ops team" = "AD+corp:7f93d2908020204a959910ea5a5704ff"
  }

  # A plan that would revoke more than this fails.
  max_revocations = 3
}
