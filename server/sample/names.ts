/** Given names, then family names. Family names that differ between women and men are left out on purpose. */
export const namesByCulture = {
  german: [
    `Anna, Björn, Clara, Dieter, Emil, Franziska, Georg, Heike, Ingrid, Jürgen, Käthe, Lukas, Marlene, Niklas, Oskar,
    Petra, Quirin, Rüdiger, Sabine, Thorsten, Ulrike, Veronika, Wolfgang, Jörg, Günter, Änne, Sören, Leonie`,
    `Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schäfer, Köhler, Krüger, Groß, Weiß, Jäger,
    Schröder, Böhm, Lüdtke, Vogel, Brandt, Hoffmann, Großmann, Kühn, Zöllner, Winter, Sommer, Dörfler, Brückner, Ziegler`,
  ],
  english: [
    `Alice, Benjamin, Charlotte, Daniel, Eleanor, Frederick, Grace, Harry, Isla, Jack, Katherine, Liam, Molly, Nathan,
    Olivia, Peter, Rosie, Samuel, Thea, Victoria, William, Zoë, Chloë, Oliver, Amelia, George, Hannah, Theodore`,
    `Ashworth, Baker, Clarke, Dawson, Ellis, Foster, Green, Hughes, Irving, Johnson, King, Lewis, Marsh, Newton, Owen,
    Palmer, Quick, Reed, Shaw, Taylor, Underwood, Vaughan, Walker, Young, Brontë, Hartley, Pemberton, Whitfield`,
  ],
  irish: [
    `Aoife, Brendan, Ciarán, Deirdre, Éamon, Fionnuala, Gráinne, Íde, Líadan, Máire, Niamh, Órla, Pádraig, Róisín,
    Seán, Siobhán, Tadhg, Úna, Caoimhe, Conor, Declan, Saoirse, Oisín, Bríd, Cillian, Eoin`,
    `O'Brien, Murphy, Kelly, Byrne, Ryan, O'Connor, Walsh, Doyle, McCarthy, Gallagher, Doherty, Kennedy, Lynch, Quinn,
    Moore, O'Neill, Nolan, Brady, Keane, Tierney, O'Hara, Fitzgerald, Redmond, Cullen`,
  ],
  french: [
    `Élodie, François, Amélie, Benoît, Cécile, Désiré, Étienne, Flore, Gaël, Hélène, Inès, Jérôme, Léa, Mathéo, Noémie,
    Océane, Pierre-Luc, Rémi, Sébastien, Thérèse, Valérie, Yves, Zélie, Loïc, Maëlle, Théo, Marie-Ève, Anaïs`,
    `Lefèvre, Dupré, Moreau, Lambert, Rousseau, Faure, Girard, Mercier, Béranger, Chénier, Delacroix, Évrard, Fournier,
    Gérard, Hébert, Joly, Lemaître, Marchand, Noël, Périer, Renard, Séguin, Tessier, Vidal, Aubé, Bélanger, Côté, Gagné`,
  ],
  spanish: [
    `José, María, Álvaro, Begoña, Carlos, Dolores, Elías, Fátima, Gonzalo, Héctor, Íñigo, Jesús, Lucía, Martín, Nuria,
    Óscar, Pilar, Raúl, Sofía, Tomás, Úrsula, Ximena, Yolanda, Andrés, Inés, Julián, Mónica, Sebastián`,
    `García, Núñez, Muñoz, Ibáñez, Peña, Castañeda, López, Martínez, Sánchez, Pérez, Gómez, Jiménez, Ruiz, Hernández,
    Díaz, Moreno, Álvarez, Romero, Navarro, Torres, Domínguez, Vázquez, Gil, Serrano, Ordóñez, Quiñones, Zúñiga, Rivas`,
  ],
  portuguese: [
    `João, Inês, António, Beatriz, César, Débora, Estêvão, Flávia, Gonçalo, Helena, Íris, Júlio, Letícia, Márcio,
    Natália, Otávio, Patrícia, Renata, Sérgio, Tatiana, Vinícius, Luís, Mônica, Tomé, Conceição, Rogério`,
    `Silva, Santos, Gonçalves, Araújo, Conceição, Guimarães, Magalhães, Simões, Falcão, Leitão, Brandão, Ávila, Sá,
    Queirós, Nóbrega, Lourenço, Mendonça, Teixeira, Ferreira, Oliveira, Barbosa, Cardoso, da Cunha, Antunes, Frazão`,
  ],
  italian: [
    `Alessia, Bruno, Chiara, Dario, Elisa, Fabio, Giulia, Ivano, Lorenzo, Matteo, Niccolò, Ottavia, Paolo, Renzo,
    Silvia, Tiziana, Umberto, Vittoria, Zeno, Noè, Ilaria, Giosuè, Federica, Luca, Serena, Marta`,
    `Rossi, Bianchi, Ferrari, Russo, Colombo, Ricci, Marino, Greco, Conti, De Luca, Costa, Giordano, Rizzo, Lombardi,
    Moretti, Barbieri, Fontana, Santoro, Mariani, Rinaldi, Caruso, Ferrara, Galli, Martini, Cantù, Dalprà`,
  ],
  polish: [
    `Łukasz, Agnieszka, Bogdan, Celina, Damian, Elżbieta, Filip, Grażyna, Hubert, Iwona, Jarosław, Kamila, Łucja,
    Michał, Natalia, Olgierd, Paweł, Róża, Stanisław, Tomasz, Urszula, Wacław, Zdzisław, Żaneta, Małgorzata`,
    `Nowak, Wójcik, Woźniak, Mazur, Krawczyk, Kaczmarek, Zając, Król, Wróbel, Dudek, Stępień, Pawlak, Sikora, Baran,
    Duda, Szewczyk, Pietrzak, Marciniak, Wilk, Jabłonka, Bąk, Gołąb, Kołodziej, Łuczak, Włodarczyk, Żak, Ślusarz, Jóźwiak`,
  ],
  czech: [
    `Jiří, Alžběta, Břetislav, Dagmar, Eliška, František, Hana, Ivana, Jakub, Kateřina, Ladislav, Matěj, Naděžda,
    Ondřej, Přemysl, Radka, Šimon, Štěpánka, Tereza, Václav, Zdeněk, Žofie, Vojtěch, Anežka, Bohumil, Růžena`,
    `Krejčí, Kočí, Martinů, Petrů, Janů, Jirků, Tomšů, Matějů, Pavlů, Šerých, Dlouhých, Černých, Malých, Hořejší,
    Dolejší, Jakubů, Vančurů, Hrubých, Kubů, Vítů, Benešů, Zedníčků, Lukešů, Bartů, Krátkých, Tichých`,
  ],
  nordic: [
    `Åsa, Bjørn, Cecilie, Dag, Elín, Freja, Gustav, Håkon, Ingvild, Jørgen, Kåre, Linnéa, Märta, Nils, Øyvind, Pål,
    Ragnhild, Søren, Tuva, Ulf, Vigdís, Ylva, Åke, Bjørg, Maj-Britt, Göran, Þóra, Guðrún`,
    `Østergård, Lindström, Sjöberg, Åkesson, Nygård, Bjørnsen, Halvorsen, Sørensen, Kjær, Møller, Bergström, Öberg,
    Ström, Håland, Løvås, Dahl, Ekström, Grønberg, Hægstad, Johansson, Kvist, Lund, Nørgaard, Rønning, Skårsgård, Thorén`,
  ],
  dutch: [
    `Anouk, Bram, Coenraad, Daphne, Eefje, Floris, Geertruida, Hendrik, Iris, Jasper, Kees, Lotte, Maarten, Noor,
    Otto, Pieter, Roos, Sjoerd, Tess, Wouter, Zoë, Daniël, Renée, Michaël, Joëlle, Thijs`,
    `de Vries, van Dijk, Bakker, Visser, Smit, de Boer, Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen,
    Dekker, Brouwer, de Wit, Dijkstra, Smits, de Graaf, van der Meer, van den Berg, Kuipers, Veenstra, Prins, Huisman`,
  ],
  turkish: [
    `Ayşe, Barış, Çağla, Deniz, Emre, Fatma, Gülşen, Hakan, Işıl, İbrahim, Kağan, Leyla, Mehmet, Nazlı, Ömer, Pınar,
    Rüya, Şebnem, Tuğba, Ümit, Volkan, Yiğit, Zeynep, Oğuz, Cansu, Özge`,
    `Yılmaz, Kaya, Demir, Şahin, Çelik, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç, Aslan, Çetin,
    Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Çakır, Erdoğdu, Güneş, Işık`,
  ],
  ukrainian: [
    `Oksana, Taras, Bohdan, Daryna, Halyna, Ihor, Kateryna, Lesya, Mykola, Nadiya, Oleksandr, Petro, Roman, Solomiya,
    Svitlana, Vasyl, Yaroslav, Zoryana, Andriy, Iryna, Olena, Serhiy, Yuliya, Maksym`,
    `Shevchenko, Kovalenko, Bondarenko, Tkachenko, Kravchenko, Melnyk, Boyko, Koval, Lysenko, Rudenko, Savchenko,
    Petrenko, Marchenko, Tkachuk, Polishchuk, Hrytsenko, Moroz, Panchenko, Karpenko, Romaniuk, Shvets, Oliynyk, Kushnir`,
  ],
  hungarian: [
    `Ágnes, Béla, Csaba, Dóra, Ernő, Flóra, Gábor, Hédi, István, József, Katalin, László, Mária, Nándor, Ödön, Piroska,
    Réka, Sándor, Tünde, Virág, Zoltán, Zsófia, Győző, Enikő, Márton`,
    `Nagy, Kovács, Tóth, Szabó, Horváth, Varga, Kiss, Molnár, Németh, Farkas, Balogh, Papp, Takács, Juhász, Lakatos,
    Mészáros, Oláh, Simon, Rácz, Fekete, Szűcs, Török, Fehér, Gál, Kőszegi, Hegedűs`,
  ],
  arabic: [
    `Amina, Bilal, Dalal, Farid, Ghada, Hassan, Imane, Jamal, Khadija, Layla, Mahmoud, Nadia, Omar, Rania, Samir, Tariq,
    Wafa, Yasmine, Zayd, Hiba, Idris, Soraya, Anwar, Salma, Karim, Noura`,
    `El Amrani, Haddad, Khalil, Mansour, Nasser, Saleh, Benali, Bouazza, Chraïbi, Daoud, El Idrissi, Fassi, Hamdan,
    Jabari, Kabbaj, Lahlou, Mernissi, Naïmi, Othmani, Qasim, Rachidi, Shami, Tazi, Younes, Ziani, Saïdi`,
  ],
  nigerian: [
    `Adébáyọ̀, Chidi, Ngozi, Olúwaṣeun, Ifeoma, Emeka, Títílayọ̀, Kẹ́hìndé, Amara, Obinna, Yétúndé, Chinedu, Fọlákẹ́,
    Uche, Bọ́lá, Adaeze, Táíwò, Ikenna, Zainab, Musa, Ebere, Dámilọ́lá, Nneka, Sadiq`,
    `Okafor, Adéyẹmí, Eze, Balogun, Nwosu, Adébísí, Okonkwo, Ọláwálé, Ibrahim, Bello, Onyeka, Afọlábí, Danjuma,
    Ezekwesili, Ogunleye, Nnamdi, Abubakar, Obi, Akíntọ́lá, Umeh, Lawal, Chukwu, Ọ̀ṣúnlànà, Yakubu`,
  ],
  kenyan: [
    `Wanjiku, Kamau, Achieng, Otieno, Njeri, Kiprono, Chebet, Mwangi, Wambui, Juma, Halima, Kipchoge, Akinyi, Baraka,
    Neema, Ochieng, Zawadi, Mutua, Nyambura, Jelagat, Salim, Wairimu, Omondi, Imani`,
    `Mwangi, Odhiambo, Kiplagat, Njoroge, Wafula, Mutiso, Kimani, Cheruiyot, Onyango, Karanja, Ndungu, Owino, Maina,
    Barasa, Koech, Muthoni, Okoth, Gitonga, Simiyu, Rotich, Kariuki, Musyoka, Were, Njuguna`,
  ],
  indian: [
    `Aarav, Bhavna, Chetan, Divya, Esha, Farhan, Gayatri, Harish, Ishaan, Jyoti, Kavya, Lakshmi, Manoj, Neha, Omkar,
    Priya, Rahul, Sneha, Tanvi, Uday, Vikram, Yamini, Zoya, Arjun, Deepika, Sandeep, Ananya, Rohan`,
    `Sharma, Patel, Iyer, Reddy, Nair, Gupta, Menon, Chatterjee, Desai, Fernandes, Ghosh, Hegde, Joshi, Kulkarni, Mehta,
    Naidu, Pillai, Rao, Saxena, Trivedi, Varma, Yadav, Banerjee, Chandra, Kapoor, Malhotra, Srinivasan, Bhat`,
  ],
  chinese: [
    `Wei, Fang, Na, Min, Jing, Li, Qiang, Lei, Yan, Yong, Jie, Tao, Ming, Chao, Xiulan, Xia, Ping, Guiying, Jun, Mei,
    Haoran, Zihan, Yuxuan, Ruoxi, Xinyi, Jiahao`,
    `Wang, Li, Zhang, Liu, Chen, Yang, Huang, Zhao, Wu, Zhou, Xu, Sun, Ma, Zhu, Hu, Guo, He, Lin, Gao, Luo, Zheng, Liang,
    Xie, Song, Tang, Lü`,
  ],
  japanese: [
    `Akira, Chiyo, Daichi, Emi, Fumiko, Gorō, Haruka, Itsuki, Jun, Kaori, Kenji, Mai, Naoki, Osamu, Ren, Sakura, Shōta,
    Takumi, Umeko, Yūko, Yūta, Hinata, Kōhei, Misaki, Ryō, Tomoko`,
    `Satō, Suzuki, Takahashi, Tanaka, Itō, Watanabe, Yamamoto, Nakamura, Kobayashi, Katō, Yoshida, Yamada, Sasaki,
    Yamaguchi, Matsumoto, Inoue, Kimura, Hayashi, Shimizu, Saitō, Ōno, Endō, Fujiwara, Kondō, Ueda, Mōri`,
  ],
  vietnamese: [
    `Anh, Bình, Châu, Dũng, Đức, Giang, Hạnh, Hiếu, Hương, Khánh, Lan, Linh, Minh, Ngọc, Nhung, Phương, Quân, Sơn, Thảo,
    Trang, Tuấn, Uyên, Việt, Xuân, Yến, Thủy`,
    `Nguyễn, Trần, Lê, Phạm, Hoàng, Phan, Vũ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý, Đinh, Trịnh, Mai, Tô, Cao, Lâm, Hà,
    Đoàn, Vương, Lương`,
  ],
} as const satisfies Record<string, readonly [given: string, family: string]>

export type Culture = keyof typeof namesByCulture
