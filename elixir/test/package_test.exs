defmodule Specter.PackageTest do
  # What `mix specter.package` assembles has all that it takes to build outside of the repository.
  use ExUnit.Case

  import ExUnit.CaptureIO

  @repository Path.expand("../..", __DIR__)

  setup_all do
    folder = Path.join(System.tmp_dir!(), "specter_package_#{System.unique_integer([:positive])}")
    folder = "#{folder}_#{System.pid()}"
    on_exit(fn -> Enum.each(["", "_build", "_user"], &File.rm_rf!(folder <> &1)) end)
    assert capture_io(fn -> Mix.Tasks.Specter.Package.run([folder]) end) =~ folder
    {:ok, folder: folder}
  end

  test "has each file that is named, and nothing of tests", %{folder: folder} do
    files = Specter.MixProject.project()[:package][:files]
    for name <- files, do: assert(File.exists?(Path.join(folder, name)), name)
    assert Enum.sort(File.ls!(folder)) == Enum.sort(files)
    assert File.read!(Path.join(folder, "LICENSE")) =~ "Apache License"

    for path <- Path.wildcard(Path.join(folder, "**")) do
      refute String.ends_with?(path, ["_test.cc", "_test.exs", ".so", ".o"])
    end
  end

  test "has each header that its sources include", %{folder: folder} do
    native = Path.join(folder, "native")
    places = [Path.join(native, "src"), Path.join(native, "include")]
    sources = Path.wildcard(Path.join(folder, "{c_src,native}/**/*.cc"))
    assert length(sources) > 100
    # From the sources on: headers that only tests include may stand there, too.
    assert MapSet.size(follow(sources, places, MapSet.new())) > 200
  end

  defp follow([], _places, seen), do: seen

  defp follow([file | rest], places, seen) do
    if file in seen do
      follow(rest, places, seen)
    else
      lines = Regex.scan(~r/^#include "([^"]+)"/m, File.read!(file), capture: :all_but_first)

      headers =
        for [header] <- lines do
          candidates = Enum.map([Path.dirname(file) | places], &Path.join(&1, header))
          Enum.find(candidates, &File.regular?/1) || flunk("#{file} includes #{header}")
        end

      follow(headers ++ rest, places, MapSet.put(seen, file))
    end
  end

  test "CMake finds all in it, and nothing outside", %{folder: folder} do
    build = folder <> "_build"
    erl = Path.join([to_string(:code.root_dir()), "usr", "include"])
    root = Path.join(folder, "native")

    arguments = [
      ["-S", Path.join(folder, "c_src"), "-B", build, "-DERL_INCLUDE=#{erl}"],
      ["-DSPECTER_ROOT=#{root}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    ]

    {output, status} = System.cmd("cmake", List.flatten(arguments), stderr_to_stdout: true)
    assert status == 0, output
    commands = File.read!(Path.join(build, "compile_commands.json"))
    assert commands =~ Path.join(folder, "c_src/nif.cc")
    assert commands =~ Path.join(folder, "native/src/")
    refute commands =~ @repository <> "/"
  end

  # The whole of it: a project that has the package as a dependency, compiled and used.
  @tag :long
  @tag timeout: :infinity
  test "a project builds and uses it", %{folder: folder} do
    project = folder <> "_user"
    File.mkdir_p!(project)

    File.write!(Path.join(project, "mix.exs"), """
    defmodule User.MixProject do
      use Mix.Project
      def project, do: [app: :user, version: "0.1.0", deps: [{:specter, path: #{inspect(folder)}}]]
    end
    """)

    script = "{:ok, specter} = Specter.init(); IO.inspect(Specter.config(specter))"

    {output, status} =
      System.cmd("mix", ["run", "-e", script],
        cd: project,
        env: [{"MIX_ENV", "prod"}, {"SPECTER_BUILD_DIR", nil}, {"SPECTER_SANITIZE", nil}],
        stderr_to_stdout: true
      )

    assert status == 0, output
    assert output =~ "%Specter.Config{"
    assert File.regular?(Path.join(folder, "native/build/elixir/specter_nif.so"))
  end

  test "a folder that exists is left as it is", %{folder: folder} do
    assert_raise Mix.Error, ~r/exists already/, fn -> Mix.Tasks.Specter.Package.run([folder]) end
  end

  test "nothing is published that is not assembled" do
    aliases = Specter.MixProject.project()[:aliases]

    for task <- [:"hex.build", :"hex.publish"] do
      assert [check, name] = aliases[task]
      assert name == Atom.to_string(task)
      assert_raise Mix.Error, ~r/specter.package/, fn -> check.([]) end
    end
  end
end
