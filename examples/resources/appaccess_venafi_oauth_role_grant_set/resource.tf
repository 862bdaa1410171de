resource "appaccess_venafi_oauth_role_grant_set" "maintainers" {
  role           = "application_maintainer"
  application_id = "MyIntegration"

  # The labels are yours: they are what people read in a plan.
  grantees = {
    "ops team"    = "AD+corp:7f93d2908020204a959910ea5a5704ff"
    "Carol Smith" = "AD+corp:1932309a28daf34db5c942630c3a2cc4"
  }

  max_revocations = 10
}
