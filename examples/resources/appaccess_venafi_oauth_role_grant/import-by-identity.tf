import {
  to = appaccess_venafi_oauth_role_grant.maintainer
  identity = {
    role           = "application_maintainer"
    application_id = "MyIntegration"
    grantee        = "AD+corp:1932309a28daf34db5c942630c3a2cc4"
  }
}
