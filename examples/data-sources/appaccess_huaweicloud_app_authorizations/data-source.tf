data "appaccess_huaweicloud_app_authorizations" "ledger" {
  app_id = "8d2c0b7e-5f14-4a9b-b3c6-0e9f8a7d6c51"
}

# Give another application to the same people.
resource "appaccess_huaweicloud_app_authorization_set" "queue" {
  app_ids     = ["62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"]
  users       = data.appaccess_huaweicloud_app_authorizations.ledger.users
  user_groups = data.appaccess_huaweicloud_app_authorizations.ledger.user_groups
}
