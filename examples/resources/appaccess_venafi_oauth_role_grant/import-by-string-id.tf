import {
  to = appaccess_venafi_oauth_role_grant.maintainer
  id = "application_maintainer/MyIntegration/AD+corp:1932309a28daf34db5c942630c3a2cc4"
}
