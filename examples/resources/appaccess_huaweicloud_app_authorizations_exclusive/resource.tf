resource "appaccess_huaweicloud_app_authorizations_exclusive" "ledger" {
  app_ids = ["8d2c0b7e-5f14-4a9b-b3c6-0e9f8a7d6c51"]

  # These are the only ones: whoever else is granted the application is revoked.
  users = {
    "corp.example.com" = { tanaka = "AD" }
  }
  user_groups = {
    "corp.example.com" = { finance = "AD" }
  }

  # Without it a create that finds accounts to revoke fails.
  max_revocations = 5
}
