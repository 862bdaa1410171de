import {
  to = appaccess_venafi_oauth_jwt_mapping.gitlab
  identity = {
    name = "gitlab"
  }
}
