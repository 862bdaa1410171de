import {
  to = appaccess_venafi_oauth_jwt_mapping.gitlab
  id = "gitlab"
}
