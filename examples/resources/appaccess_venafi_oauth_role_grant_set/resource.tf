resource "appaccess_venafi_oauth_role_grant_set" "maintainers" {
  role           = "application_maintainer"
  application_id = "MyIntegration"

  # The labels are yours: they are what people read in a plan.
  grantees = {
    "ops team" = "AD+corp:4d1c7a1c9c2b4f6f8f9d7f2e1a3b5c77"
    "J. Doe"   = "AD+corp:7f93d2908020204a959910ea5a5704ff"
  }

  max_revocations = 10
}
