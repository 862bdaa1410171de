data "appaccess_huaweicloud_apps" "all" {}

resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = [
    data.appaccess_huaweicloud_apps.all.ids["AutoCAD"],
    data.appaccess_huaweicloud_apps.all.ids["Viewer"],
  ]

  users = {
    "local.com"        = { zhangsan = "LOCAL", lisi = null }
    "corp.example.com" = { wangwu = "AD" }
  }
  user_groups = {
    "corp.example.com" = { engineering = "AD" }
  }

  # A plan that would revoke more than this fails.
  max_revocations = 25
}

# An application for everybody.
resource "appaccess_huaweicloud_app_authorization_set" "calculator" {
  app_ids            = ["5b1f9a52-7f0e-4b7c-9b58-0a0b8d6b2f11"]
  authorization_type = "ALL_USER"
}
