# The bundle with Node 24, a shell to work in, and a NixOS module.
#
# The package is made of dist/, which npm builds and git does not keep:
#
#   npm ci && npm run bundle && nix build path:.
#
# (`path:.` because a git flake does not see ignored files.) Nix itself runs no npm: the lock file
# names versions and hashes but no servers, so nothing in it says where Nix should fetch from. The
# bundle has no native module, so dist/ is the same on every platform.
{
  description = "Finds Polymarket wallets worth following, proves it by copying them on paper, ranks them with evidence";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEachSystem = build: nixpkgs.lib.genAttrs systems (system: build nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEachSystem (pkgs: {
        default =
          if !builtins.pathExists ./dist/main.mjs then
            throw "there is no dist/: npm ci && npm run bundle && nix build path:."
          else
            pkgs.stdenvNoCC.mkDerivation {
              pname = "trader-evaluator";
              version = (builtins.fromJSON (builtins.readFile ./package.json)).version;
              src = ./dist;
              nativeBuildInputs = [ pkgs.makeWrapper ];
              dontBuild = true;
              installPhase = ''
                runHook preInstall
                mkdir -p $out/share $out/lib/systemd/system
                cp -r . $out/share/trader-evaluator
                makeWrapper $out/share/trader-evaluator/trader-evaluator $out/bin/trader-evaluator \
                  --set TRADER_EVALUATOR_NODE ${pkgs.nodejs_24}/bin/node \
                  --prefix PATH : ${pkgs.coreutils}/bin
                substitute ${./config/systemd/trader-evaluator.service} \
                  $out/lib/systemd/system/trader-evaluator.service \
                  --replace-fail /opt/trader-evaluator/trader-evaluator $out/bin/trader-evaluator
                runHook postInstall
              '';
              meta.mainProgram = "trader-evaluator";
            };
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nodejs_24
            pkgs.git
            pkgs.sqlite
          ];
          # npm brings a Node of its own for machines that have an older one; here Nix's comes first.
          shellHook = ''export PATH="$PWD/node_modules/.bin:$PATH"; export PATH="${pkgs.nodejs_24}/bin:$PATH"'';
        };
      });

      # The unit of config/systemd, with the package's paths and its user.
      nixosModules.default =
        { pkgs, ... }:
        let
          package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        in
        {
          environment.systemPackages = [ package ];
          systemd.packages = [ package ];
          systemd.services.trader-evaluator.wantedBy = [ "multi-user.target" ];
          users.groups.trader-evaluator = { };
          users.users.trader-evaluator = {
            isSystemUser = true;
            group = "trader-evaluator";
            home = "/var/lib/trader-evaluator";
          };
        };
    };
}
