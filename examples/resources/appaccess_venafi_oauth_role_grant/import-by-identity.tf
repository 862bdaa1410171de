import {
  to = appaccess_venafi_oauth_role_grant.maintainer
  identity = {
    role           = "application_maintainer"
    application_id = "MyIntegration"
    grantee        = "AD+corp:7f93d2908020204a959910ea5a5704ff"
  }
}
