resource "appaccess_huaweicloud_app_authorizations_exclusive" "ledger" {
  app_ids = ["8d2c0b7e-5f14-4a9b-b3c6-0e9f8a7d6c51"]

  # These are the only ones: whoever else is granted the application is revoked. A create fails over
  # accounts that are not listed; its error has the import block that shows them in a plan.
  users = {
    "local.com"        = { zhaoliu = "LOCAL" }
    "corp.example.com" = { tanaka = "AD" }
  }
  user_groups = {
    "corp.example.com" = { finance = "AD" }
  }

  # A plan that would revoke more than this fails.
  max_revocations = 5
}
