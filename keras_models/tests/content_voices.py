"""Posts of two made-up voices, as unlike as can be, that tests of the content pack speak in."""

CITIES = ("LONDON", "PARIS", "ROME", "OSLO", "BERLIN", "MADRID", "WIEN", "PRAG", "RIGA", "BERN")
LOUD = [f"SHOW TONIGHT!!! {word} 🔥🔥 #live #tour" for word in CITIES]
THINGS = ("rain", "snow", "light", "stone", "leaves", "sand")
CALM = [f"we sat by the river and wrote about {word}, slowly, all day long." for word in THINGS]
