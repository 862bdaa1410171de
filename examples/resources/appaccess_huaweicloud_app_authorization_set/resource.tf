data "appaccess_huaweicloud_apps" "all" {}

resource "appaccess_huaweicloud_app_authorization_set" "cad" {
  app_ids = [
    data.appaccess_huaweicloud_apps.all.ids["CAD Workbench"],
    data.appaccess_huaweicloud_apps.all.ids["Render Queue"],
  ]

  users = {
    "local.com"        = { zhangsan = "LOCAL", lisi = "LOCAL" }
    "corp.example.com" = { wangwu = "AD" }
  }
  user_groups = {
    "corp.example.com" = { engineering = "AD" }
  }

  # A plan that would revoke more than this fails.
  max_revocations = 25
}

# An application for everybody.
resource "appaccess_huaweicloud_app_authorization_set" "office" {
  app_ids            = ["b7e1a2c4-9d3f-4e58-a6b0-7c8d9e0f1a23"]
  authorization_type = "ALL_USER"
}
