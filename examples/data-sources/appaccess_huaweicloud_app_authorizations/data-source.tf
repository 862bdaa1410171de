data "appaccess_huaweicloud_app_authorizations" "cad" {
  app_id = "3f791197-d166-4c8e-81e4-38c40ffc1989"
}

# Give another application to the same people.
resource "appaccess_huaweicloud_app_authorization_set" "viewer" {
  app_ids     = ["62f48b59-3e1c-4b0a-8a3c-52c3f1f4a7d0"]
  users       = data.appaccess_huaweicloud_app_authorizations.cad.users
  user_groups = data.appaccess_huaweicloud_app_authorizations.cad.user_groups
}
