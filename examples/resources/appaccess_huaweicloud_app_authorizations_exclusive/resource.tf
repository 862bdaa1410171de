resource "appaccess_huaweicloud_app_authorizations_exclusive" "payroll" {
  app_ids = ["9d2b6c1e-0a57-4f5e-8f0e-6f1d9f0f4c22"]

  # These are the only ones: whoever else is granted the application is revoked.
  users = {
    "corp.example.com" = { zhaoliu = "AD" }
  }
  user_groups = {
    "corp.example.com" = { accounting = "AD" }
  }

  # Without it a create that finds accounts to revoke fails.
  max_revocations = 5
}
