# Tokens of one project's pipelines log in as one user.
resource "appaccess_venafi_oauth_jwt_mapping" "gitlab" {
  name       = "gitlab"
  issuer_uri = "https://gitlab.example.com"

  purpose_field = "aud"
  purpose_match = "https://tpp.example.com"

  id_field = "sub"
  id_match = "^project_path:group/app:.*$"
  grantee  = "local:{5be5a591-c842-4520-9142-b455f4ad2286}"
}
