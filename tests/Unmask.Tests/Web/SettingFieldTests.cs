using Bunit;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Web.Components;
using Unmask.Web.Forms;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class SettingFieldTests : BunitContext
{
    [Fact]
    public void Every_setting_has_a_field_with_label_and_help()
    {
        foreach (var setting in ParameterCatalog.Settings)
        {
            var field = Render<SettingField>(parameters => parameters.Add(one => one.Setting, setting).Add(one => one.Text, RecipeFields.Text(setting, setting.Default)));

            var input = field.Find($"#setting-{setting.Name}");
            Assert.Equal(setting.Name, input.GetAttribute("name"));
            Assert.Equal(setting.Title, field.Find($"label[for=setting-{setting.Name}]").TextContent);
            Assert.Equal(setting.Help, field.Find($"#setting-{setting.Name}-help").TextContent);
            Assert.Contains($"setting-{setting.Name}-help", input.GetAttribute("aria-describedby"));
        }
    }

    [Fact]
    public void A_wrong_value_is_told_at_its_field()
    {
        var setting = ParameterCatalog.Find("batch_size")!;

        var field = Render<SettingField>(parameters => parameters.Add(one => one.Setting, setting).Add(one => one.Text, "0").Add(one => one.Problem, Problem.Error("batch_size", "batch_size is 0. It must be at least 1.")));

        Assert.Equal("true", field.Find("input").GetAttribute("aria-invalid"));
        Assert.Equal("batch_size is 0. It must be at least 1.", field.Find(".problem").TextContent);
    }

    [Fact]
    public void Every_setting_is_in_the_form_but_the_folder_that_the_workbench_chooses() =>
        Assert.Equal(["output_dir"], ParameterCatalog.Settings.Except(FormSection.All.SelectMany(section => section.Basic.Concat(section.Advanced))).Select(setting => setting.Name));
}
