// Maps: cases of the part that is shown, or the places of one case. No picture comes from anywhere
// but the server that the operator named; without one, lines of latitude and longitude are drawn.
"use strict";
(() => {
  const COLOURS = { open: "#6b7f95", assigned: "#2f7ed8", returned: "#d98e04", approved: "#2e8b57", paid: "#14663a", closed: "#14663a", reopened: "#c0392b", denied: "#444c56" };
  const STEPS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

  function lines(map, layer) {
    layer.clearLayers();
    const seen = map.getBounds();
    const step = STEPS.find((one) => (seen.getEast() - seen.getWest()) / one <= 8) || 30;
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const draw = (points, text) => {
      L.polyline(points, { color: "#c6d0da", weight: 1, interactive: false }).addTo(layer);
      const icon = L.divIcon({ className: "grid-label", html: "", iconSize: null });
      const mark = L.marker(points[0], { icon, interactive: false, keyboard: false }).addTo(layer);
      if (mark.getElement()) mark.getElement().textContent = text;
    };
    const from = (low) => Math.ceil(low / step) * step;
    for (let lat = from(seen.getSouth()); lat <= seen.getNorth(); lat += step) {
      draw([[lat, seen.getWest()], [lat, seen.getEast()]], lat.toFixed(digits) + "°N");
    }
    for (let lon = from(seen.getWest()); lon <= seen.getEast(); lon += step) {
      draw([[seen.getSouth(), lon], [seen.getNorth(), lon]], lon.toFixed(digits) + "°E");
    }
  }

  function bare(at) {
    const map = L.map(at, { attributionControl: false, zoomAnimation: false, preferCanvas: false });
    L.control.scale({ imperial: false }).addTo(map);
    return map;
  }

  function ground(map, tiles) {
    if (tiles) {
      L.tileLayer(tiles, { maxZoom: 19 }).addTo(map);
      return;
    }
    const layer = L.layerGroup().addTo(map);
    map.on("moveend", () => lines(map, layer));
    lines(map, layer);
  }

  // Text from the record is put as text, never as markup.
  function popup(parts) {
    const box = document.createElement("div");
    for (const [text, href] of parts) {
      const line = document.createElement(href ? "a" : "div");
      line.textContent = text;
      if (href) line.href = href;
      box.append(line);
    }
    return box;
  }

  function cases(at) {
    const map = bare(at);
    const [south, west, north, east] = at.dataset.extent.split(",").map(Number);
    map.fitBounds([[south, west], [north, east]], { padding: [30, 30], maxZoom: 15 });
    ground(map, at.dataset.tiles);
    const layer = L.layerGroup().addTo(map);
    let latest = 0;
    async function fetchCases() {
      const turn = ++latest;
      const seen = map.getBounds();
      const within = [seen.getSouth(), seen.getWest(), seen.getNorth(), seen.getEast()].join(",");
      const answer = await fetch(at.dataset.cases + "?within=" + within, { headers: { accept: "application/json" } });
      if (!answer.ok || turn !== latest) return;
      const found = await answer.json();
      layer.clearLayers();
      for (const one of found.cases) {
        const colour = COLOURS[one.status] || "#6b7f95";
        L.circleMarker(one.at, { radius: 6, color: "#fff", weight: 1, fillColor: colour, fillOpacity: 0.95 })
          .bindPopup(() => popup([[one.number, "/console/case/" + encodeURIComponent(one.number)], [one.text], [one.state + " · " + one.payable]]))
          .addTo(layer);
      }
      at.dataset.drawn = String(found.cases.length);
    }
    map.on("moveend", fetchCases);
    fetchCases();
  }

  function places(at) {
    const map = bare(at);
    const all = JSON.parse(at.dataset.places);
    map.fitBounds(L.latLngBounds(all.map((one) => one.at)).pad(0.3), { maxZoom: 16 });
    ground(map, at.dataset.tiles);
    for (const one of all) {
      const isCase = Boolean(one.status);
      L.circleMarker(one.at, { radius: isCase ? 9 : 5, color: "#fff", weight: 1, fillColor: isCase ? COLOURS[one.status] : "#1f4e79", fillOpacity: 0.9 })
        .bindPopup(() => popup([[one.text], [one.state || ""]])).addTo(map);
    }
    at.dataset.drawn = String(all.length);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".map[data-cases]").forEach(cases);
    document.querySelectorAll(".map[data-places]").forEach(places);
  });
})();
