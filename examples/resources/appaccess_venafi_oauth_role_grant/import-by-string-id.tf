import {
  to = appaccess_venafi_oauth_role_grant.maintainer
  id = "application_maintainer/MyIntegration/AD+corp:7f93d2908020204a959910ea5a5704ff"
}
