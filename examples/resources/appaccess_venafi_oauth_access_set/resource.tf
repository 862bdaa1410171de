resource "appaccess_venafi_oauth_access_set" "builds" {
  application_id = "MyIntegration"
  maximum_scope  = "certificate:manage"

  # The labels are yours: they are what people read in a plan.
  trustees = {
    "build agents" = "AD+corp:7f93d2908020204a959910ea5a5704ff"
    "Carol Smith"  = "AD+corp:1932309a28daf34db5c942630c3a2cc4"
  }

  max_revocations = 10
}
